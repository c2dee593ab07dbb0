/*
 * Secrets from HashiCorp Vault or OpenBao, each read once by a source file that includes this.
 *
 * Made by keylift. Nothing has to be linked: this runs curl in a POSIX shell, which hands it the token through a pipe,
 * never as an argument. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token) and
 * VAULT_NAMESPACE, a private authority's certificate from VAULT_CACERT. The program ends where a secret cannot be read:
 * there is no default.
 */
#ifndef KEYLIFT_SECRETS_H
#define KEYLIFT_SECRETS_H

#ifdef _WIN32
#error "This runs curl in a POSIX shell: use the lookup env for programs of Windows"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of POSIX: a compiler that is told to know the C standard alone does not declare them. */
FILE *popen(const char *command, const char *mode);
int pclose(FILE *stream);

static void keylift_fail(const char *name, const char *why)
{
    fprintf(stderr, "The secret %s could not be read: %s\n", name, why);
    abort();
}

/* A variable, or its usual value. */
static const char *keylift_setting(const char *variable, const char *usual)
{
    const char *value = getenv(variable);
    return value == NULL || value[0] == '\0' ? usual : value;
}

/* Adds a part of a path at a place of a text: no sign is left that a shell or an address would read as its own. */
static char *keylift_part(char *to, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/", *text) != NULL) {
            *to++ = *text;
        } else {
            to += sprintf(to, "%%%02X", (unsigned)(unsigned char)*text);
        }
    }
    *to = '\0';
    return to;
}

/* What a command of the shell prints. It ends with a line of its status, which a program that ignores its children learns
 * in no other way. */
static char *keylift_run(const char *name, const char *command)
{
    size_t size = 8192, length = 0, got;
    char *text = (char *)malloc(size);
    FILE *stream = popen(command, "r");
    if (text == NULL || stream == NULL) {
        keylift_fail(name, "no shell could be started");
    }
    while ((got = fread(text + length, 1, size - length - 1, stream)) > 0) {
        length += got;
        if (size - length < 2) {
            text = (char *)realloc(text, size *= 2);
            if (text == NULL) {
                keylift_fail(name, "no memory is left");
            }
        }
    }
    pclose(stream);
    text[length] = '\0';
    if (length < 2 || strcmp(text + length - 2, "\n0") != 0) {
        keylift_fail(name, "curl gave no answer");
    }
    text[length - 2] = '\0';
    return text;
}

/* Where a JSON value ends; NULL if there is none. */
static const char *keylift_after(const char *at)
{
    int depth = 0;
    do {
        at += strspn(at, " \t\r\n,:");
        if (*at == '"') {
            for (at++; *at != '"'; at++) {
                if (*at == '\\') {
                    at++;
                }
                if (*at == '\0') {
                    return NULL;
                }
            }
            at++;
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth--;
            at++;
        } else if (*at == '\0') {
            return NULL;
        } else {
            at += strcspn(at, " \t\r\n,]}");
        }
    } while (depth > 0);
    return at;
}

/* The value of an object's member; NULL if there is none. */
static const char *keylift_member(const char *at, const char *name)
{
    size_t length = strlen(name);
    const char *key;
    if (at == NULL) {
        return NULL;
    }
    at += strspn(at, " \t\r\n");
    if (*at != '{') {
        return NULL;
    }
    at++;
    for (;;) {
        key = at + strspn(at, " \t\r\n,");
        at = *key == '"' ? keylift_after(key) : NULL;
        if (at == NULL) {
            return NULL;
        }
        at += strspn(at, " \t\r\n:");
        if (strncmp(key + 1, name, length) == 0 && key[length + 1] == '"') {
            return at;
        }
        at = keylift_after(at);
        if (at == NULL) {
            return NULL;
        }
    }
}

/* The four digits of an escape; -1 if they are none, or stand for no character of a C string. */
static long keylift_unit(const char *at)
{
    char digits[5] = "", *end;
    long unit;
    strncat(digits, at, 4);
    unit = strtol(digits, &end, 16);
    return end == digits + 4 && unit > 0 ? unit : -1;
}

/* A character as UTF-8, at a place of a text. */
static char *keylift_utf8(char *to, long code)
{
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const int first[] = {0x00, 0xC0, 0xE0, 0xF0};
    *to++ = (char)(first[more] | code >> 6 * more);
    while (more-- > 0) {
        *to++ = (char)(0x80 | (code >> 6 * more & 0x3F));
    }
    return to;
}

/* A JSON string; NULL if there is none. */
static char *keylift_string(const char *at)
{
    static const char escapes[] = "bfnrt\"\\/", meant[] = "\b\f\n\r\t\"\\/";
    char *text, *to;
    const char *found;
    long unit, low;
    if (at == NULL || *at != '"' || keylift_after(at) == NULL) {
        return NULL;
    }
    text = to = (char *)malloc((size_t)(keylift_after(at) - at));
    for (at++; text != NULL && *at != '"'; at++) {
        if (*at != '\\') {
            *to++ = *at;
        } else if (*++at != 'u') {
            found = strchr(escapes, *at);
            if (found == NULL) {
                return NULL;
            }
            *to++ = meant[found - escapes];
        } else {
            unit = keylift_unit(at + 1);
            at += 4;
            if (unit >= 0xD800 && unit < 0xDC00) {
                low = strncmp(at + 1, "\\u", 2) == 0 ? keylift_unit(at + 3) : -1;
                unit = low < 0xDC00 || low > 0xDFFF ? -1 : 0x10000 + ((unit - 0xD800) << 10) + low - 0xDC00;
                at += 6;
            }
            if (unit < 0 || (unit >= 0xD800 && unit <= 0xDFFF)) {
                return NULL;
            }
            to = keylift_utf8(to, unit);
        }
    }
    if (text != NULL) {
        *to = '\0';
    }
    return text;
}

static char *keylift_read(const char *name)
{
    static const char before[] =
        "token=${VAULT_TOKEN:-}\n"
        "if [ -z \"$token\" ]; then token=$(cat \"$HOME/.vault-token\") || exit; fi\n"
        "{\n"
        "  printf 'X-Vault-Token: %s\\nX-Vault-Request: true\\n' \"$token\"\n"
        "  if [ -n \"${VAULT_NAMESPACE:-}\" ]; then printf 'X-Vault-Namespace: %s\\n' \"$VAULT_NAMESPACE\"; fi\n"
        "} | curl --silent --show-error --fail --max-time 30 --header @- ${VAULT_CACERT:+--cacert \"$VAULT_CACERT\"}"
        " \"${VAULT_ADDR%/}/v1/";
    static const char after[] = "\"\nprintf '\\n%s' \"$?\"\n";
    const char *mount = keylift_setting("KEYLIFT_VAULT_MOUNT", "@KEYLIFT_MOUNT@");
    const char *prefix = getenv("KEYLIFT_VAULT_PREFIX");
    int versions = strcmp(keylift_setting("KEYLIFT_VAULT_KV", "@KEYLIFT_KV@"), "1") != 0;
    const char *data;
    char *command, *to, *body, *value;
    if (*keylift_setting("VAULT_ADDR", "") == '\0') {
        keylift_fail(name, "VAULT_ADDR is not set");
    }
    if (prefix == NULL) {
        prefix = "@KEYLIFT_PREFIX@";
    }
    command = (char *)malloc(sizeof before + sizeof after + 3 * (strlen(mount) + strlen(prefix) + strlen(name)) + 8);
    if (command == NULL) {
        keylift_fail(name, "no memory is left");
    }
    memcpy(command, before, sizeof before);
    to = keylift_part(command + sizeof before - 1, mount);
    to = keylift_part(to, versions ? "/data/" : "/");
    to = keylift_part(to, prefix + strspn(prefix, "/"));
    while (to[-1] == '/') {
        to--;
    }
    *to++ = '/';
    to = keylift_part(to, name);
    memcpy(to, after, sizeof after);
    body = keylift_run(name, command);
    data = keylift_member(body, "data");
    value = keylift_string(keylift_member(versions ? keylift_member(data, "data") : data, "@KEYLIFT_FIELD@"));
    if (value == NULL) {
        keylift_fail(name, "the answer has no text in the field @KEYLIFT_FIELD@");
    }
    free(body);
    free(command);
    return value;
}

struct keylift_known {
    struct keylift_known *next;
    const char *name;
    char *value;
};

/* The secret of that name, as text. It stays where it is as long as the program runs. */
static char *keylift_secret(const char *name)
{
    static struct keylift_known *known;
    struct keylift_known *one = __atomic_load_n(&known, __ATOMIC_ACQUIRE);
    for (; one != NULL; one = one->next) {
        if (strcmp(one->name, name) == 0) {
            return one->value;
        }
    }
    one = (struct keylift_known *)malloc(sizeof *one);
    if (one == NULL) {
        keylift_fail(name, "no memory is left");
    }
    one->name = name;
    one->value = keylift_read(name);
    one->next = __atomic_load_n(&known, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&known, &one->next, one, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
    }
    return one->value;
}

#endif
