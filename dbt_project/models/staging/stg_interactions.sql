{{ accepted_events('interactions') }}
