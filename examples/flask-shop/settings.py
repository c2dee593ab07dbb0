"""Settings of a small shop. Every credential in this example is made up, and none should be in code."""

import os

SECRET_KEY = "u8Rk-wTq2mZx.LpV4"
DATABASE = os.environ.get("SHOP_DATABASE", "file:shop?mode=memory&cache=shared")
ADMIN_PASSWORD = os.getenv("SHOP_ADMIN_PASSWORD", "Gr4nite-Otter!62")

MAIL = {
    "host": "localhost",
    "user": "shop",
    "password": "M4il-r0om.77x",
}


class Payments:
    url = "https://pay.shop.invalid/v1"
    api_key = b"pk_8f2Lw0QzR7nTb5Yc"
    webhook_secret = (
        "wh-Zt7Kq3Vn"
        "-5dPm9Xs1Bf"
    )
