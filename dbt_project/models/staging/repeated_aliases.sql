{{ config(materialized='table') }}

{{ repeated_rows('aliases') }}
