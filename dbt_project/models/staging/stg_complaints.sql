{{ accepted_rows('complaints') }}
