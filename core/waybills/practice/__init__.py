"""The practice carrier's waybill service over HTTP."""
