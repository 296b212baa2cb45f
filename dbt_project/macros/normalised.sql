{#
One spelling for what names a customer, so that two spellings of the same are found equal: a macro a kind.

They work on every engine without regular expressions, whose dialects differ; null is what cannot name anybody.
#}

{# An account, an old id, a customer id: half width, lower case. #}
{% macro normalised_id(value) -%}
    nullif(lower({{ half_width(value) }}), '')
{%- endmacro %}

{# An e-mail address, which has an @. #}
{% macro normalised_email(value) -%}
    case when {{ normalised_id(value) }} like '%@%' then {{ normalised_id(value) }} end
{%- endmacro %}

{#
A phone: digits and separators only, at least five digits. Numbers of the own country lose its code and the leading 0
of the trunk; those of another keep + and theirs, or +1 555 123 4567 would be a Chinese mobile. A code without + or 00
is one only before ten digits or more, or the local number 86123456 would lose its beginning.
#}
{% macro normalised_phone(value) -%}
    {%- set code = var('country_code') | string -%}
    {%- set bare = "translate(" ~ half_width(value) ~ ", ' -.()/–—‐·', '')" -%}
    {%- set dialled = "case when " ~ bare ~ " like '00%' then concat('+', substr(" ~ bare ~ ", 3)) else " ~ bare ~ " end" -%}
    {%- set national -%}
        case
            when {{ dialled }} like '+{{ code }}%' then substr({{ dialled }}, {{ code | length + 2 }})
            when {{ dialled }} like '{{ code }}%' and length({{ dialled }}) >= {{ code | length + 10 }}
                then substr({{ dialled }}, {{ code | length + 1 }})
            else {{ dialled }}
        end
    {%- endset -%}
    {%- set without_trunk = "case when " ~ national ~ " like '0%' then substr(" ~ national ~ ", 2) else " ~ national ~ " end" -%}
    case
        when translate({{ without_trunk }}, '0123456789', '') in ('', '+')
            and substr({{ without_trunk }}, 2) not like '%+%'
            and length(translate({{ without_trunk }}, '+', '')) >= 5
            then {{ without_trunk }}
    end
{%- endmacro %}
