"""The practice shop's page for a trainee's browser: goods, orders, buttons. Nothing comes from outside."""

import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields as fields_of
from hmac import compare_digest
from html import escape
from urllib.parse import parse_qsl, urlencode

from core.practice.carrier import PracticeCarrier
from core.practice.generator import generate_orders
from core.practice.people import Receiver, invented_receiver
from core.practice.refusal import RefusalError, invalid
from core.practice.shop import DraftLine, OrderDraft, PracticeShop
from core.practice.store import Json
from core.practice.web import Answer, Request, Router
from core.runtime.money import yuan_text

_PER_PAGE = 30
_MOST_GENERATED = 200
_RECEIVER_FIELDS = tuple(item.name for item in fields_of(Receiver) if item.name != "postcode")

_STYLE = """
body { font: 15px/1.5 "Noto Sans SC", "Microsoft YaHei", sans-serif; margin: 1.5rem; max-width: 76rem }
table { border-collapse: collapse; width: 100% }
td, th { border-bottom: 1px solid #ddd; padding: .3rem .5rem; text-align: left; vertical-align: top }
td { overflow-wrap: anywhere }
form { display: inline }
fieldset { border: 1px solid #ddd; margin: .3rem 0 }
button { margin: .1rem }
.said { background: #fff3c4; padding: .5rem }
.muted { color: #666 }
input[type=number] { width: 5rem }
pre { white-space: pre-wrap; margin: 0; font: inherit }
"""

#: key -> (Chinese, English)
_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("练习店", "Practice shop"),
    "hint": (
        "这里的商品、订单和买家都是虚构的,可以放心练习。",
        "Goods, orders and buyers here are invented: practise as you like.",
    ),
    "goods": ("商品", "Goods"),
    "orders": ("订单", "Orders"),
    "new": ("下一单", "Place an order"),
    "generate": ("生成混合订单", "Generate mixed orders"),
    "place": ("下单", "Place"),
    "paid": ("立即付款", "Pay at once"),
    "qty": ("数量", "Quantity"),
    "price": ("单价", "Price"),
    "stock": ("店铺库存", "Stock at the shop"),
    "state": ("状态", "State"),
    "receiver": ("收件人", "Receiver"),
    "lines": ("明细", "Lines"),
    "actions": ("操作", "Actions"),
    "note": ("买家留言", "Buyer note"),
    "name": ("姓名", "Name"),
    "phone": ("电话", "Phone"),
    "province": ("省", "Province"),
    "city": ("市", "City"),
    "district": ("区县", "District"),
    "address": ("详细地址", "Address"),
    "pay": ("付款", "Pay"),
    "cancel": ("取消订单", "Cancel"),
    "refund": ("整单退款", "Refund all"),
    "refund_line": ("退这一行", "Refund this line"),
    "request_refund": ("申请退款", "Ask for a refund"),
    "change_address": ("改地址", "Change address"),
    "add_note": ("留言", "Add note"),
    "change_quantity": ("改数量", "Change quantity"),
    "more": ("更早的订单", "Earlier orders"),
    "carrier": ("练习速运", "Practice Express"),
    "balance": ("面单余额", "Waybill balance"),
    "top_up": ("设置余额", "Set balance"),
    "done": ("好了。", "Done."),
    "refused": ("不行", "Refused"),
    "unpaid": ("未付款", "unpaid"),
    "paid_state": ("已付款", "paid"),
    "partly_refunded": ("部分退款", "partly refunded"),
    "refunded": ("已退款", "refunded"),
    "requested": ("退款申请中", "refund asked for"),
    "open": ("待发货", "to be sent"),
    "shipped": ("已发货", "shipped"),
    "cancelled": ("已取消", "cancelled"),
}


class Page:
    """The page and its buttons; a form carries a token that only this page knows: no other site can press."""

    def __init__(self, shop: PracticeShop, carrier: PracticeCarrier, seed: int) -> None:
        self._shop = shop
        self._carrier = carrier
        self._token = secrets.token_urlsafe(24)
        self._chance = random.Random(seed)  # noqa: S311  (invented receivers, nothing secret)
        self._verbs: Mapping[str, Callable[[Mapping[str, str]], object]] = {
            "pay": lambda form: shop.pay(form["no"]),
            "cancel": lambda form: shop.cancel(form["no"]),
            "refund": lambda form: shop.refund(form["no"], form.get("line_no")),
            "request_refund": lambda form: shop.request_refund(form["no"], form.get("line_no")),
            "change_address": lambda form: shop.change_address(form["no"], _receiver_of(form)),
            "add_note": lambda form: shop.add_note(form["no"], form["text"]),
            "change_quantity": lambda form: shop.change_quantity(form["no"], form["line_no"], _whole(form, "qty")),
            "place": self._place,
            "generate": self._generate,
            "top_up": lambda form: carrier.set_balance(_whole(form, "balance")),
        }

    def add_to(self, router: Router) -> None:
        """Register the page and its button."""
        router.add("GET", "/", self._show)
        router.add("POST", "/act", self._act)

    def _place(self, form: Mapping[str, str]) -> None:
        receiver = _receiver_of(form)
        draft = OrderDraft(
            buyer_key=f"page-{receiver.phone}",
            buyer_name=receiver.name,
            receiver=receiver,
            lines=[DraftLine(form["sku"], _whole(form, "qty"))],
            buyer_note=form.get("text", ""),
        )
        self._shop.place_order(draft, is_paid="paid" in form)

    def _generate(self, form: Mapping[str, str]) -> None:
        count = _whole(form, "qty")
        if not 1 <= count <= _MOST_GENERATED:
            raise invalid(f"1 to {_MOST_GENERATED}")
        generate_orders(self._shop, count, self._chance.randrange(2**32))

    def _act(self, request: Request) -> Answer:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        if not compare_digest(form.get("token", "").encode(), self._token.encode()):
            raise RefusalError(403, "bad_token", "open the page again and press the button there")
        verb = self._verbs.get(form.get("verb", ""))
        lang = "en" if form.get("lang") == "en" else "zh"
        said = "done"
        try:
            if verb is None:
                raise invalid("unknown button")
            verb(form)
        except KeyError as missing:
            said = f"missing {missing.args[0]}"
        except RefusalError as refusal:
            said = f"{refusal.code}: {refusal.detail}"
        location = "/?" + urlencode({"lang": lang, "said": said})
        return Answer(303, b"", "text/plain; charset=utf-8", {"Location": location})

    def _show(self, request: Request) -> Answer:
        query = request.query("lang", "said", "from")
        words = _Words(is_english=query.get("lang") == "en")
        start = query.get("from", "0")
        offset = int(start) if start.isascii() and start.isdigit() and len(start) < 8 else 0
        style_nonce = secrets.token_urlsafe(16)
        html = _Sheet(words, self._token).whole(
            style_nonce,
            query.get("said", ""),
            offset,
            self._shop,
            self._carrier,
            invented_receiver(self._chance),
        )
        policy = (
            f"default-src 'none'; style-src 'nonce-{style_nonce}'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        return Answer(200, html.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": policy})


class _Words:
    def __init__(self, *, is_english: bool) -> None:
        self._place = 1 if is_english else 0
        self.lang = "en" if is_english else "zh"

    def __call__(self, key: str) -> str:
        return _TEXTS[key][self._place] if key in _TEXTS else key


class _Sheet:
    """The page's HTML; whatever comes from outside goes through `escape`."""

    def __init__(self, words: _Words, token: str) -> None:
        self._words = words
        self._token = token

    def whole(
        self,
        style_nonce: str,
        said: str,
        offset: int,
        shop: PracticeShop,
        carrier: PracticeCarrier,
        receiver: Receiver,
    ) -> str:
        say = self._words
        orders = shop.orders.newest(offset, _PER_PAGE + 1)
        other = "zh" if say.lang == "en" else "en"
        parts = [
            f"<!doctype html><html lang='{say.lang}'><head><meta charset='utf-8'>",
            f"<title>{say('title')}</title>",
            f"<style nonce='{style_nonce}'>{_STYLE}</style></head><body>",
            f"<p><a href='/?lang={other}'>{'中文' if other == 'zh' else 'English'}</a></p>",
            f"<h1>{say('title')}</h1><p class='muted'>{say('hint')}</p>",
            self._said(said),
            f"<h2>{say('new')}</h2>{self._place_form(shop, receiver)}",
            f"<p>{self._form('generate', _number('qty', 10))}</p>",
            f"<h2>{say('orders')}</h2>{self._orders(orders[:_PER_PAGE])}",
        ]
        if len(orders) > _PER_PAGE:
            parts.append(f"<p><a href='/?lang={say.lang}&from={offset + _PER_PAGE}'>{say('more')}</a></p>")
        parts += [
            f"<h2>{say('goods')}</h2>{self._goods(shop)}",
            f"<h2>{say('carrier')}</h2><p>{say('balance')}: {carrier.balance} ",
            self._form("top_up", _number("balance", carrier.balance)),
            "</p></body></html>",
        ]
        return "".join(parts)

    def _said(self, said: str) -> str:
        if not said:
            return ""
        say = self._words
        text = say("done") if said == "done" else f"{say('refused')}: {said[:300]}"
        return f"<p class='said'>{escape(text)}</p>"

    def _form(self, verb: str, inside: str = "", *, caption: str = "", **hidden: str) -> str:
        values = {"token": self._token, "lang": self._words.lang, "verb": verb, **hidden}
        kept = "".join(
            f"<input type='hidden' name='{name}' value='{escape(value)}'>" for name, value in values.items()
        )
        button = f"<button>{self._words(caption or verb)}</button>"
        return f"<form method='post' action='/act'>{kept}{inside} {button}</form>"

    def _receiver_inputs(self, receiver: Mapping[str, str]) -> str:
        return "".join(
            f"<label>{self._words(name)} <input name='{name}' value='{escape(receiver[name])}'></label> "
            for name in _RECEIVER_FIELDS
        )

    def _place_form(self, shop: PracticeShop, receiver: Receiver) -> str:
        options = "".join(
            f"<option value='{escape(sku.code)}'>{escape(f'{sku.code} {sku.title} {sku.spec}')}</option>"
            for sku in shop.catalogue
        )
        say = self._words
        inside = (
            f"<select name='sku'>{options}</select> <label>{say('qty')} {_number('qty', 1)}</label><br>"
            + self._receiver_inputs({name: getattr(receiver, name) for name in _RECEIVER_FIELDS})
            + f"<br><label>{say('note')} <input name='text'></label> "
            f"<label><input type='checkbox' name='paid' value='1' checked>{say('paid')}</label>"
        )
        return f"<fieldset>{self._form('place', inside)}</fieldset>"

    def _orders(self, orders: Sequence[Json]) -> str:
        say = self._words
        heads = "".join(f"<th>{say(key)}</th>" for key in ("orders", "state", "receiver", "lines", "actions"))
        return f"<table><tr>{heads}</tr>{''.join(self._order(order) for order in orders)}</table>"

    def _order(self, order: Json) -> str:
        say, place = self._words, order["consignee"]
        payment = say("paid_state" if order["payment"] == "paid" else order["payment"])
        where = "".join(place[name] for name in ("province", "city", "district", "address"))
        who = f"{place['name']} {place['phone']}\n{where}"
        notes = "\n".join(text for text in (order["buyer_note"], order["seller_note"]) if text)
        parcels = " ".join(f"{parcel['carrier']} {parcel['no']}" for parcel in order["shipments"])
        lines = "".join(self._line(order, line) for line in order["lines"])
        return (
            f"<tr><td>{escape(order['no'])}<br>{escape(order['placed_at'][:16])}<br>"
            f"{yuan_text(order['amount_fen'])}</td>"
            f"<td>{say(order['state'])}<br>{payment}<br>{escape(parcels)}</td>"
            f"<td><pre>{escape(who)}</pre><pre class='muted'>{escape(notes)}</pre></td>"
            f"<td>{lines}</td><td>{self._actions(order)}</td></tr>"
        )

    def _line(self, order: Json, line: Json) -> str:
        text = f"{line['title']} {line['spec']} × {line['qty']}"
        after = "" if line["after_sale"] == "none" else f" [{self._words(line['after_sale'])}]"
        names = {"no": order["no"], "line_no": line["line_no"]}
        buttons = ""
        if order["payment"] != "unpaid" and line["after_sale"] != "refunded":
            buttons += self._form("refund", caption="refund_line", **names)
        if order["state"] == "open":
            buttons += self._form("change_quantity", _number("qty", line["qty"]), **names)
        return f"<div>{escape(text)}{after} {buttons}</div>"

    def _actions(self, order: Json) -> str:
        no, forms = order["no"], []
        if order["state"] == "open":
            if order["payment"] == "unpaid":
                forms.append(self._form("pay", no=no))
            forms.append(self._form("cancel", no=no))
            receiver = self._receiver_inputs(order["consignee"])
            address = self._form("change_address", receiver, no=no)
            forms.append(f"<details><summary>{self._words('change_address')}</summary>{address}</details>")
        if order["payment"] in {"paid", "partly_refunded"}:
            forms += [self._form("request_refund", no=no), self._form("refund", no=no)]
        forms.append(self._form("add_note", "<input name='text'>", no=no))
        return "".join(forms)

    def _goods(self, shop: PracticeShop) -> str:
        say = self._words
        rows = "".join(
            f"<tr><td>{escape(sku.code)}</td><td>{escape(f'{sku.title} {sku.spec}')}</td>"
            f"<td>{yuan_text(sku.price_fen)}</td><td>{stock.qty}</td>"
            f"<td>{escape(' '.join(sku.barcodes))}</td></tr>"
            for sku, stock in shop.products()
        )
        return (
            f"<table><tr><th>SKU</th><th>{say('goods')}</th><th>{say('price')}</th><th>{say('stock')}</th>"
            f"<th>EAN-13</th></tr>{rows}</table>"
        )


def _number(name: str, value: int) -> str:
    return f"<input type='number' min='0' name='{name}' value='{value}'>"


def _receiver_of(form: Mapping[str, str]) -> Receiver:
    return Receiver(**{name: form[name] for name in _RECEIVER_FIELDS})


def _whole(form: Mapping[str, str], name: str) -> int:
    text = form[name]
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise invalid(f"{name} is a whole number")
    return int(text)
