{{ identified_rows('complaints') }}
