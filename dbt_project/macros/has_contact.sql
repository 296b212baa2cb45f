{#
Whether text holds an e-mail address, a Chinese mobile number (13800138000, also +86 138-0013-8000) or another one with
its + in front. Shorter runs of digits, and longer ones, are codes: of goods, of places.
#}
{% macro has_contact(value) -%}
    {%- set bare = "translate(" ~ half_width(value) ~ ", ' -.()/–—‐·', '')" -%}
    (
        {{ half_width(value) }} <> ''
        and (
            regexp_replace({{ half_width(value) }}, '(?s)^.*[^ @]@[^ @]+[.][^ @].*$', '') = ''
            or regexp_replace({{ bare }}, '(?s)^(.*[^0-9])?(00)?(86)?1[3-9][0-9]{9}([^0-9].*)?$', '') = ''
            or regexp_replace({{ bare }}, '(?s)^.*[+][0-9]{8,}.*$', '') = ''
        )
    )
{%- endmacro %}
