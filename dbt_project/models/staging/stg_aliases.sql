{{ accepted_rows('aliases') }}
