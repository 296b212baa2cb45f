{{ config(materialized='table') }}

{{ repeated_rows('complaints') }}
