"""WooCommerce, a merchant's own shop in WordPress, over its REST API v3."""
