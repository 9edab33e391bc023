"""All tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Change the schema."""
    _generated()
    _by_hand()


def _generated() -> None:
    op.create_table(
        "applied_key",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_applied_key"),
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_customer"),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.create_index("ix_journal_subject_subject_id_id", "journal", ["subject", "subject_id", "id"], unique=False)
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("lease_until_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("kind", "key", name="uq_outbox_kind_key"),
    )
    op.create_index("ix_outbox_state_lane_not_before_at", "outbox", ["state", "lane", "not_before_at"], unique=False)
    op.create_table(
        "schema_fact",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_schema_fact"),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_setting"),
    )
    op.create_table(
        "shop",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("confirms_shipments", sa.Boolean(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_good_pull_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_error_at", sa.BigInteger(), nullable=True),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shop"),
        sa.UniqueConstraint("name", name="uq_shop_name"),
    )
    op.create_table(
        "sku",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.Column("is_bundle", sa.Boolean(), nullable=False),
        sa.Column("is_stock_managed", sa.Boolean(), nullable=False),
        sa.Column("lacks_barcode", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sku"),
        sa.UniqueConstraint("code", name="uq_sku_code"),
    )
    op.create_table(
        "warehouse",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_warehouse"),
        sa.UniqueConstraint("code", name="uq_warehouse_code"),
    )
    op.create_table(
        "wave",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("parcel_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_wave"),
        sa.UniqueConstraint("code", name="uq_wave_code"),
    )
    op.create_table(
        "waybill_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("carrier_code", sa.Text(), nullable=False),
        sa.Column("carrier_name", sa.Text(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("sender", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_waybill_account"),
        sa.UniqueConstraint("carrier_code", name="uq_waybill_account_carrier_code"),
    )
    op.create_table(
        "barcode",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_qty", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("unit_qty >= 1", name="ck_barcode_unit_qty_positive"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_barcode_sku_id"),
        sa.PrimaryKeyConstraint("code", name="pk_barcode"),
    )
    op.create_index("ix_barcode_sku_id", "barcode", ["sku_id"], unique=False)
    op.create_table(
        "bundle_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bundle_sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("component_sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("qty >= 1", name="ck_bundle_line_qty_positive"),
        sa.ForeignKeyConstraint(["bundle_sku_id"], ["sku.id"], name="fk_bundle_line_bundle_sku_id"),
        sa.ForeignKeyConstraint(["component_sku_id"], ["sku.id"], name="fk_bundle_line_component_sku_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bundle_line"),
        sa.UniqueConstraint(
            "bundle_sku_id", "component_sku_id", name="uq_bundle_line_bundle_sku_id_component_sku_id"
        ),
    )
    op.create_table(
        "consignee",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("is_masked", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_consignee_customer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_consignee"),
        sa.UniqueConstraint("customer_id", "digest", name="uq_consignee_customer_id_digest"),
    )
    op.create_table(
        "cursor",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name="fk_cursor_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "feed", name="pk_cursor"),
    )
    op.create_table(
        "customer_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_customer_change_customer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_customer_change"),
    )
    op.create_index("ix_customer_change_customer_id", "customer_change", ["customer_id"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("buyer_key", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("buyer_name", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_identity_customer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
        sa.UniqueConstraint("channel", "buyer_key", name="uq_identity_channel_buyer_key"),
    )
    op.create_index("ix_identity_customer_id", "identity", ["customer_id"], unique=False)
    op.create_table(
        "listing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("channel_sku_id", sa.Text(), nullable=False),
        sa.Column("merchant_code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name="fk_listing_shop_id"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_listing_sku_id"),
        sa.PrimaryKeyConstraint("id", name="pk_listing"),
        sa.UniqueConstraint("shop_id", "item_id", "channel_sku_id", name="uq_listing_shop_id_item_id_channel_sku_id"),
    )
    op.create_table(
        "stock_level",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("on_hand_qty", sa.BigInteger(), nullable=False),
        sa.Column("reserved_qty", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_qty", sa.BigInteger(), nullable=False),
        sa.Column("quarantined_qty", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("confirmed_qty >= 0", name="ck_stock_level_confirmed_not_negative"),
        sa.CheckConstraint("on_hand_qty >= 0", name="ck_stock_level_on_hand_not_negative"),
        sa.CheckConstraint("quarantined_qty >= 0", name="ck_stock_level_quarantined_not_negative"),
        sa.CheckConstraint(
            "reserved_qty + confirmed_qty + quarantined_qty <= on_hand_qty",
            name="ck_stock_level_promised_within_on_hand",
        ),
        sa.CheckConstraint("reserved_qty >= 0", name="ck_stock_level_reserved_not_negative"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_stock_level_sku_id"),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name="fk_stock_level_warehouse_id"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_level"),
        sa.UniqueConstraint("sku_id", "warehouse_id", "batch", name="uq_stock_level_sku_id_warehouse_id_batch"),
    )
    op.create_table(
        "movement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("level_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.CheckConstraint("qty <> 0", name="ck_movement_qty_not_zero"),
        sa.ForeignKeyConstraint(["level_id"], ["stock_level.id"], name="fk_movement_level_id"),
        sa.PrimaryKeyConstraint("id", name="pk_movement"),
        sa.UniqueConstraint("key", name="uq_movement_key"),
    )
    op.create_index("ix_movement_level_id_id", "movement", ["level_id", "id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("consignee_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_type", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("fulfilment", sa.Text(), nullable=False),
        sa.Column("after_sale", sa.Text(), nullable=False),
        sa.Column("channel_status", sa.Text(), nullable=False),
        sa.Column("hold_reason", sa.Text(), nullable=False),
        sa.Column("channel_version", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("ship_by_at", sa.BigInteger(), nullable=True),
        sa.Column("not_before_at", sa.BigInteger(), nullable=True),
        sa.Column("shipped_at", sa.BigInteger(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("freight_fen", sa.BigInteger(), nullable=False),
        sa.Column("buyer_note", sa.Text(), nullable=False),
        sa.Column("seller_note", sa.Text(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["consignee_id"], ["consignee.id"], name="fk_orders_consignee_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_orders_customer_id"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name="fk_orders_shop_id"),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name="fk_orders_warehouse_id"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("shop_id", "order_no", name="uq_orders_shop_id_order_no"),
    )
    op.create_index("ix_orders_customer_id_id", "orders", ["customer_id", "id"], unique=False)
    op.create_index("ix_orders_fulfilment_id", "orders", ["fulfilment", "id"], unique=False)
    op.create_index(
        "ix_orders_held",
        "orders",
        ["hold_reason", "id"],
        unique=False,
        sqlite_where=sa.text("hold_reason <> ''"),
        postgresql_where=sa.text("hold_reason <> ''"),
    )
    op.create_table(
        "parcel",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("consignee_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("carrier_code", sa.Text(), nullable=False),
        sa.Column("wave_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("wave_seq", sa.BigInteger(), nullable=True),
        sa.Column("box_no", sa.BigInteger(), nullable=False),
        sa.Column("box_count", sa.BigInteger(), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=True),
        sa.Column("ship_by_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("packed_at", sa.BigInteger(), nullable=True),
        sa.Column("shipped_at", sa.BigInteger(), nullable=True),
        sa.Column("shipped_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["consignee_id"], ["consignee.id"], name="fk_parcel_consignee_id"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name="fk_parcel_shop_id"),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name="fk_parcel_warehouse_id"),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name="fk_parcel_wave_id"),
        sa.PrimaryKeyConstraint("id", name="pk_parcel"),
    )
    op.create_index(
        "ix_parcel_open",
        "parcel",
        ["state", "wave_id", "wave_seq", "ship_by_at", "id"],
        unique=False,
        sqlite_where=sa.text("state NOT IN ('shipped', 'cancelled')"),
        postgresql_where=sa.text("state NOT IN ('shipped', 'cancelled')"),
    )
    op.create_index("ix_parcel_shipped_at", "parcel", ["shipped_at"], unique=False)
    op.create_index("ix_parcel_wave_id", "parcel", ["wave_id"], unique=False)
    op.create_table(
        "channel_copy",
        sa.Column(
            "order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_channel_copy_order_id"),
        sa.PrimaryKeyConstraint("order_id", name="pk_channel_copy"),
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_hold_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
    )
    op.create_index("ix_hold_order_id", "hold", ["order_id"], unique=False)
    op.create_index(
        "uq_hold_open",
        "hold",
        ["order_id", "reason"],
        unique=True,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "order_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_no", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("channel_sku_id", sa.Text(), nullable=False),
        sa.Column("sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("bundle_sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("channel_qty", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_fen", sa.BigInteger(), nullable=False),
        sa.Column("is_gift", sa.Boolean(), nullable=False),
        sa.Column("after_sale", sa.Text(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.CheckConstraint("qty >= 1", name="ck_order_line_qty_positive"),
        sa.ForeignKeyConstraint(["bundle_sku_id"], ["sku.id"], name="fk_order_line_bundle_sku_id"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_line_order_id"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_order_line_sku_id"),
        sa.PrimaryKeyConstraint("id", name="pk_order_line"),
    )
    op.create_index("ix_order_line_order_id", "order_line", ["order_id"], unique=False)
    op.create_table(
        "waybill",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parcel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("carrier_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("sort_code", sa.Text(), nullable=False),
        sa.Column("package_centre", sa.Text(), nullable=False),
        sa.Column("qr_text", sa.Text(), nullable=False),
        sa.Column("consignee_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=True),
        sa.Column("obtained_at", sa.BigInteger(), nullable=True),
        sa.Column("voided_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["consignee_id"], ["consignee.id"], name="fk_waybill_consignee_id"),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name="fk_waybill_parcel_id"),
        sa.PrimaryKeyConstraint("id", name="pk_waybill"),
        sa.UniqueConstraint("key", name="uq_waybill_key"),
        sa.UniqueConstraint("number", "carrier_code", name="uq_waybill_number_carrier_code"),
        sa.UniqueConstraint("parcel_id", "attempt", name="uq_waybill_parcel_id_attempt"),
    )
    op.create_index(
        "uq_waybill_live",
        "waybill",
        ["parcel_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('planned', 'requesting', 'obtained')"),
        postgresql_where=sa.text("state IN ('planned', 'requesting', 'obtained')"),
    )
    op.create_table(
        "parcel_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parcel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("verified_qty", sa.BigInteger(), nullable=False),
        sa.Column("is_confirmed_by_hand", sa.Boolean(), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.CheckConstraint("qty >= 1", name="ck_parcel_line_qty_positive"),
        sa.CheckConstraint("verified_qty >= 0 AND verified_qty <= qty", name="ck_parcel_line_verified_within_qty"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_parcel_line_order_id"),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name="fk_parcel_line_order_line_id"),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name="fk_parcel_line_parcel_id"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_parcel_line_sku_id"),
        sa.PrimaryKeyConstraint("id", name="pk_parcel_line"),
        sa.UniqueConstraint("parcel_id", "order_line_id", name="uq_parcel_line_parcel_id_order_line_id"),
    )
    op.create_index("ix_parcel_line_order_id", "parcel_line", ["order_id"], unique=False)
    op.create_table(
        "print_job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("waybill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("copy_no", sa.BigInteger(), nullable=False),
        sa.Column("printer_key", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=False),
        sa.Column("lease_until_at", sa.BigInteger(), nullable=True),
        sa.Column("sending_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("bytes_digest", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["waybill_id"], ["waybill.id"], name="fk_print_job_waybill_id"),
        sa.PrimaryKeyConstraint("id", name="pk_print_job"),
        sa.UniqueConstraint("waybill_id", "copy_no", name="uq_print_job_waybill_id_copy_no"),
    )
    op.create_index(
        "ix_print_job_open",
        "print_job",
        ["printer_key", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'claimed', 'sending', 'unknown')"),
        postgresql_where=sa.text("state IN ('queued', 'claimed', 'sending', 'unknown')"),
    )
    op.create_table(
        "reservation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("level_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("qty >= 1", name="ck_reservation_qty_positive"),
        sa.ForeignKeyConstraint(["level_id"], ["stock_level.id"], name="fk_reservation_level_id"),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name="fk_reservation_order_line_id"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_reservation_sku_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reservation"),
        sa.UniqueConstraint(
            "order_line_id", "attempt", "level_id", name="uq_reservation_order_line_id_attempt_level_id"
        ),
    )
    op.create_index(
        "ix_reservation_reserved",
        "reservation",
        ["level_id", "expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'reserved'"),
        postgresql_where=sa.text("state = 'reserved'"),
    )
    op.create_index(
        "ix_reservation_short",
        "reservation",
        ["sku_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'short'"),
        postgresql_where=sa.text("state = 'short'"),
    )
    op.create_table(
        "scan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("parcel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("parcel_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("is_undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name="fk_scan_parcel_id"),
        sa.ForeignKeyConstraint(["parcel_line_id"], ["parcel_line.id"], name="fk_scan_parcel_line_id"),
        sa.PrimaryKeyConstraint("id", name="pk_scan"),
        sa.UniqueConstraint("nonce", name="uq_scan_nonce"),
    )
    op.create_index("ix_scan_parcel_id", "scan", ["parcel_id"], unique=False)


# By hand; kept when this file is made anew.
def _by_hand() -> None:
    """The search index of orders: full text inside the encrypted file, keyed digests on the server."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE order_search USING fts5(name, tokens, content='', contentless_delete=1,"
            " tokenize='ascii', detail=full)"
        )
    else:
        op.execute("CREATE TABLE order_search (order_id bigint PRIMARY KEY, terms bigint[] NOT NULL)")
        op.execute("CREATE INDEX ix_order_search_terms ON order_search USING gin (terms)")
        op.execute("CREATE INDEX ix_orders_order_no_prefix ON orders (shop_id, order_no text_pattern_ops)")
