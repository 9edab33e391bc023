"""The stocktake page: sheets, counting with the scanner, differences and their approval, the nightly comparison."""
