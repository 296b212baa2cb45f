{{ config(
    materialized='incremental' if target.type == 'duckdb' else 'table',
    incremental_strategy='delete+insert',
    unique_key=['_load', '_row'],
) }}

{{ repeated_rows('wallets') }}
