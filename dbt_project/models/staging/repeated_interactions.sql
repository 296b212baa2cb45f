{{ config(materialized='table') }}

{{ repeated_events('interactions') }}
