"""The shop's tables, and the warehouse's database, which the shop only names."""

import sqlite3

import settings

WAREHOUSE_URL = "postgresql://shop:h7Gd-2kWq9Zs@warehouse.invalid:5432/stock"


def connect():
    connection = sqlite3.connect(settings.DATABASE, uri=True)
    connection.row_factory = sqlite3.Row
    connection.execute("CREATE TABLE IF NOT EXISTS items (name TEXT PRIMARY KEY, price INTEGER NOT NULL)")
    return connection


def add_item(connection, name, price):
    connection.execute("INSERT OR REPLACE INTO items VALUES (?, ?)", (name, price))
    connection.commit()


def items(connection):
    return [dict(row) for row in connection.execute("SELECT name, price FROM items ORDER BY name")]
