{{ config(materialized='table') }}

{{ repeated_rows('surveys') }}
