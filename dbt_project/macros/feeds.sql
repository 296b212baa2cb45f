{#
What makes a row of each feed with a key unique, which version of it wins, and what is let through.

A feed without a key holds events, which are told apart by their content.

`private` columns (free text, and what names a person) decide whether two versions are equal, and stay in raw.
`moment` is when what a row tells of happened.
#}
{% macro feed(name) %}
    {% set feeds = {
        'orders': {
            'key': ['order_id'],
            'moment': 'ordered_at',
            'revised_at': 'updated_at',
            'amount': 'amount',
            'columns': [
                'order_id', 'customer_id', 'ordered_at', 'amount', 'quantity', 'cost', 'channel', 'category', 'region',
                'status', 'refund_of', 'due_at', 'paid_at', 'promised_at', 'delivered_at', 'updated_at',
            ],
            'private': [],
        },
        'complaints': {
            'key': ['complaint_id'],
            'moment': 'opened_at',
            'revised_at': 'updated_at',
            'columns': [
                'complaint_id', 'customer_id', 'opened_at', 'first_response_at', 'escalated_at', 'resolved_at', 'channel',
                'category', 'severity', 'need_violated', 'resolution_accepted', 'order_id', 'is_suggestion',
                'updated_at',
            ],
            'private': ['text'],
        },
        'surveys': {
            'key': ['response_id', 'question'],
            'moment': 'answered_at',
            'columns': [
                'response_id', 'customer_id', 'answered_at', 'question', 'score', 'expected_score', 'scale_min',
                'scale_max',
            ],
            'private': [],
        },
        'customers': {
            'key': ['customer_id'],
            'columns': [
                'customer_id', 'region', 'industry', 'registered_at', 'referrer_customer_id', 'credit_score',
                'prepaid_balance', 'account_manager_id', 'contact_allowed', 'channels_refused',
            ],
            'private': ['name', 'phone', 'email'],
        },
        'aliases': {
            'key': ['customer_id', 'kind', 'value'],
            'columns': ['customer_id', 'kind', 'value', 'valid_from'],
            'private': [],
        },
        'interactions': {
            'key': [],
            'moment': 'occurred_at',
            'columns': ['customer_id', 'occurred_at', 'kind', 'category', 'price'],
            'private': [],
        },
        'service_costs': {
            'key': [],
            'moment': 'occurred_at',
            'columns': ['customer_id', 'occurred_at', 'kind', 'amount'],
            'private': [],
        },
        'wallets': {
            'key': ['customer_id', 'period_start', 'period_end'],
            'moment': 'period_start',
            'columns': ['customer_id', 'period_start', 'period_end', 'estimated_total_spend'],
            'private': [],
        },
    } %}
    {{ return(feeds[name]) }}
{% endmacro %}

{#
What names a row where its outcome is told: its key, the parts of a longer one joined by |. Of an event, and of an alias and a
wallet, whose key would hold what names a person, its place in the loads.
#}
{% macro record_key(feed_name) -%}
    concat_ws('|', {{ ('_load, _row' if feed_name in ['aliases', 'wallets'] else feed(feed_name)['key'] | join(', ')) or '_load, _row' }})
{%- endmacro %}
