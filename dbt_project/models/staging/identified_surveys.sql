{{ identified_rows('surveys') }}
