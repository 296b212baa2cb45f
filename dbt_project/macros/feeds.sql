{#
What makes a row of each feed with a key unique, which version of it wins, and what is let through.

A feed without a key holds events, which are told apart by their content.

`private` columns (free text, and what names a person) decide whether two versions are equal, and stay in raw.
#}
{% macro feed(name) %}
    {% set feeds = {
        'orders': {
            'key': ['order_id'],
            'revised_at': 'updated_at',
            'amount': 'amount',
            'columns': [
                'order_id', 'customer_id', 'ordered_at', 'amount', 'quantity', 'cost', 'channel', 'category', 'region',
                'status', 'due_at', 'paid_at', 'promised_at', 'delivered_at', 'updated_at',
            ],
            'private': [],
        },
        'complaints': {
            'key': ['complaint_id'],
            'revised_at': 'updated_at',
            'columns': [
                'complaint_id', 'customer_id', 'opened_at', 'first_response_at', 'resolved_at', 'channel', 'category',
                'severity', 'need_violated', 'resolution_accepted', 'order_id', 'is_suggestion', 'updated_at',
            ],
            'private': ['text'],
        },
        'surveys': {
            'key': ['response_id', 'question'],
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
        'interactions': {
            'key': [],
            'columns': ['customer_id', 'occurred_at', 'kind', 'category', 'price'],
            'private': [],
        },
        'service_costs': {
            'key': [],
            'columns': ['customer_id', 'occurred_at', 'kind', 'amount'],
            'private': [],
        },
    } %}
    {{ return(feeds[name]) }}
{% endmacro %}
