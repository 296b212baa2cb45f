{{ accepted_events('service_costs') }}
