{#
One spelling for what names a customer, so that two spellings of the same are found equal: a macro a kind.

Null is what cannot name anybody. Regular expressions are those in which the engines agree: anchored, without groups.
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
    {%- set dialled = "regexp_replace(" ~ bare ~ ", '^00', '+')" -%}
    {%- set national -%}
        case
            when length({{ dialled }}) >= {{ code | length + 10 }} then regexp_replace({{ dialled }}, '^[+]?{{ code }}', '')
            else regexp_replace({{ dialled }}, '^[+]{{ code }}', '')
        end
    {%- endset -%}
    {%- set without_trunk = "nullif(regexp_replace(" ~ national ~ ", '^0', ''), '')" -%}
    case when regexp_replace({{ without_trunk }}, '^[+]?[0-9]{5,}$', '') = '' then {{ without_trunk }} end
{%- endmacro %}
