{#
The answer to would_recommend on 0 to 10, whatever scale the survey used; without a scale it is taken as 0 to 10 already.
Null for other questions, and off the scale.
#}
{% macro recommend_score() -%}
    case
        when question <> 'would_recommend' then null
        when score_scaled is not null then cast({{ as_decimal('score_scaled * 10') }} as double)
        when scale_min is null and scale_max is null and score between 0 and 10 then score
    end
{%- endmacro %}
