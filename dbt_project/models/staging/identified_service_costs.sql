{{ identified_rows('service_costs') }}
