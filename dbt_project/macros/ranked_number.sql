{# The number by which a scheme ranks customers, from a row of customer values; nothing where it ranks nobody. #}
{% macro ranked_number(ladders, scheme, customer) -%}
    case {{ scheme }}
        {% for name, ladder in ladders.items() %}
        when '{{ name }}' then {{ customer }}.{{ ladder.number }}
        {% endfor %}
    end
{%- endmacro %}
