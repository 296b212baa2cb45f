{#
A score without what is usual in its customer's region: its distance from the region's mean in the region's deviations,
put on the company's mean and deviation. A decimal(18, 6); null where the whole company answers alike, or not at all.
Needs facts.region_habits as `region_habits`.
#}
{% macro standardised(score) -%}
    case
        when region_habits.sd_score > 0 then {{ as_decimal(
            'region_habits.company_mean_score + region_habits.company_sd_score'
            ~ ' * (' ~ score ~ ' - region_habits.mean_score) / region_habits.sd_score'
        ) }}
    end
{%- endmacro %}
