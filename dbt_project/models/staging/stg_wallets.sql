{{ accepted_rows('wallets') }}
