"""Clients of other services: they only build what they would send."""

import hashlib
import hmac

import settings

CARRIER_TOKEN = "c4rr-9Qx2Lm7Vt0Kd5Wz"


def carrier_headers(language):
    return {"Accept-Language": language, "Authorization": "Bearer " + CARRIER_TOKEN}


def tax_headers():
    return {"Authorization": "Bearer t4x_Jb6Rv1Nq8Hc3Ys"}


def sign(body, secret=settings.Payments.webhook_secret):
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def search_login(password="s3arch-Pw.41kd"):
    return ("shop", password)


def report_url(month, token="r3port-Xk8Tz2Qm"):
    return f"https://reports.shop.invalid/{month}?token={token}"
