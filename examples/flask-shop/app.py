"""A small shop: lists items, and lets an administrator add them."""

from flask import Flask, abort, jsonify, request, session

import db
import settings

app = Flask(__name__)
app.secret_key = settings.SECRET_KEY


def is_support(password):
    return password == "Supp0rt-desk.19"


@app.get("/items")
def list_items():
    return jsonify(db.items(db.connect()))


@app.post("/login")
def login():
    password = request.form.get("password", "")
    if password == settings.ADMIN_PASSWORD:
        session["role"] = "admin"
    elif is_support(password):
        session["role"] = "support"
    else:
        abort(403)
    return jsonify(role=session["role"])


@app.post("/items")
def add_item():
    if session.get("role") != "admin":
        abort(403)
    db.add_item(db.connect(), request.form["name"], int(request.form["price"]))
    return "", 201
