"""The shop works, and every credential has the value that it had: told by digests, so that none stands here."""

import hashlib
import unittest

import clients
import db
import settings


def digest(value):
    return hashlib.sha256(value if isinstance(value, bytes) else value.encode()).hexdigest()[:12]


class Values(unittest.TestCase):
    def test_every_value_is_what_it_was(self):
        for value, expected in [
            (settings.SECRET_KEY, "ed0734017845"),
            (settings.ADMIN_PASSWORD, "fcb669ec8168"),
            (settings.MAIL["password"], "902f456753a6"),
            (settings.Payments.api_key, "1ebcc268bf07"),
            (settings.Payments.webhook_secret, "923cf7de5f1a"),
            (db.WAREHOUSE_URL, "f6faf79c6620"),
            (clients.CARRIER_TOKEN, "6e088f9c9405"),
            (clients.carrier_headers("en")["Authorization"], "92dce7c7d0b1"),
            (clients.tax_headers()["Authorization"], "901a258f166e"),
            (clients.search_login()[1], "6a6795401a10"),
            (clients.report_url("may"), "d039786c4fbe"),
        ]:
            self.assertEqual(digest(value), expected)


class Shop(unittest.TestCase):
    def setUp(self):
        try:
            import app
        except ImportError as error:
            self.skipTest(f"needs Flask: {error}")
        self.module = app
        self.client = app.app.test_client()
        self.connection = db.connect()

    def test_an_administrator_adds_an_item(self):
        self.assertEqual(self.client.post("/items", data={"name": "tea", "price": "3"}).status_code, 403)
        self.assertEqual(self.client.post("/login", data={"password": settings.ADMIN_PASSWORD}).status_code, 200)
        self.assertEqual(self.client.post("/items", data={"name": "tea", "price": "3"}).status_code, 201)
        self.assertEqual(self.client.get("/items").get_json(), [{"name": "tea", "price": 3}])

    def test_a_wrong_password_stays_outside(self):
        for password in ["", "guess", "None"]:
            self.assertEqual(self.client.post("/login", data={"password": password}).status_code, 403)
        self.assertFalse(self.module.is_support(None))


if __name__ == "__main__":
    unittest.main()
