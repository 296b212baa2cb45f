{# Whether customers are key accounts by their revenue, as scoring/key_accounts.py has it; the others are by attributes. #}
{% macro is_key_by_revenue() -%}
    coalesce(key_account_rank_revenue <= {{ var('key_accounts') }} and revenue > 0, false)
{%- endmacro %}
