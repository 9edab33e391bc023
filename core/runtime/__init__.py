"""Clock, ids, money, errors, HTTP, lanes: what every subject stands on."""
