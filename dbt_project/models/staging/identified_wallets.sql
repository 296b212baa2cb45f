{{ identified_rows('wallets') }}
