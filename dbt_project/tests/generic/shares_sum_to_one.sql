{#
The shares of each group add up to 1, as decimals of nine places that may each be half a unit off. A group without any
share (nothing to divide) is passed over.
#}
{% test shares_sum_to_one(model, column_name, within) %}
select
    {{ within | join(', ') }},
    sum(cast({{ column_name }} as decimal(18, 9))) as total
from {{ model }}
group by {{ within | join(', ') }}
having abs(sum(cast({{ column_name }} as decimal(18, 9))) - 1) > 0.000001 + count(*) * 0.000000001
{% endtest %}
