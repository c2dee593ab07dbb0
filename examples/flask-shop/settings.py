"""Settings of a small shop. Every credential in here is made up, and none should be here."""

SECRET_KEY = "not-so-secret-Key1"
DB_PASSWORD = "Sh0p-Database!9"
DATABASE_URL = "postgresql://shop:" + DB_PASSWORD + "@localhost/shop"

MAIL = {
    "host": "localhost",
    "user": "shop",
    "password": "M4il-r0om.77",
}


def is_admin(password):
    return password == "Adm1n-door#3"
