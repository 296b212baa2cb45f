{{ config(materialized='table') }}

{{ repeated_events('service_costs') }}
