{{ identified_rows('interactions') }}
