{{ identified_rows('orders') }}
