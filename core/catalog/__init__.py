"""SKUs, barcodes, bundles, listings and their match to SKUs."""
