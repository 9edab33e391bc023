"""Intake, order lifecycle, holds."""
