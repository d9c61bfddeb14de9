"""The plant: closed forms, hands, balance."""
