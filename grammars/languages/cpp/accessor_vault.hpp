// Secrets from HashiCorp Vault or OpenBao, each read once.
//
// Made by keylift, for C++11 and later. Nothing has to be linked: this runs curl in a POSIX shell, which hands it the token
// through a pipe, never as an argument. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token)
// and VAULT_NAMESPACE, a private authority's certificate from VAULT_CACERT. The program ends where a secret cannot be read:
// there is no default.
#ifndef KEYLIFT_SECRETS_HPP
#define KEYLIFT_SECRETS_HPP

#ifdef _WIN32
#error "This runs curl in a POSIX shell: use the lookup env for programs of Windows"
#endif

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <stdio.h>
#include <string>

namespace keylift {
namespace detail {

[[noreturn]] inline void fail(const std::string &name, const char *why) {
    std::fprintf(stderr, "The secret %s could not be read: %s\n", name.c_str(), why);
    std::abort();
}

// A variable, or its usual value.
inline std::string setting(const char *variable, const char *usual) {
    const char *value = std::getenv(variable);
    return value == nullptr ? usual : value;
}

// The parts of a path: no sign is left that a shell or an address would read as its own.
inline std::string encoded(const std::string &path) {
    std::string out;
    for (unsigned char sign : path) {
        if (sign == '/' && (out.empty() || out.back() == '/')) {
            continue;
        }
        if (std::strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/", sign)) {
            out += static_cast<char>(sign);
        } else {
            char text[4];
            std::snprintf(text, sizeof text, "%%%02X", static_cast<unsigned>(sign));
            out += text;
        }
    }
    return out;
}

// What a command of the shell prints. It ends with a line of its status, which a program that ignores its children learns
// in no other way.
inline std::string run(const std::string &name, const std::string &command) {
    std::FILE *stream = popen((command + "\nprintf '\\n%s' \"$?\"\n").c_str(), "r");
    if (stream == nullptr) {
        fail(name, "no shell could be started");
    }
    std::string text;
    char buffer[4096];
    while (std::size_t got = std::fread(buffer, 1, sizeof buffer, stream)) {
        text.append(buffer, got);
    }
    pclose(stream);
    if (text.size() < 2 || text.compare(text.size() - 2, 2, "\n0") != 0) {
        fail(name, "curl gave no answer");
    }
    return text.erase(text.size() - 2);
}

const std::size_t none = std::string::npos;

// Where a JSON value ends; `none` if there is none.
inline std::size_t after(const std::string &text, std::size_t at) {
    int depth = 0;
    do {
        at = text.find_first_not_of(" \t\r\n,:", at);
        if (at == none) {
            return none;
        }
        if (text[at] == '"') {
            at = text.find_first_of("\"\\", at + 1);
            while (at != none && text[at] == '\\') {
                at = text.find_first_of("\"\\", at + 2);
            }
            if (at == none) {
                return none;
            }
            ++at;
        } else if (text[at] == '{' || text[at] == '[') {
            ++depth, ++at;
        } else if (text[at] == '}' || text[at] == ']') {
            --depth, ++at;
        } else {
            at = text.find_first_of(" \t\r\n,]}", at);
        }
    } while (depth > 0);
    return at;
}

// Where the value of an object's member begins; `none` if there is none.
inline std::size_t member(const std::string &text, std::size_t at, const std::string &name) {
    at = text.find_first_not_of(" \t\r\n", at);
    if (at == none || text[at] != '{') {
        return none;
    }
    ++at;
    for (;;) {
        const std::size_t key = text.find_first_not_of(" \t\r\n,", at);
        const std::size_t past = key == none || text[key] != '"' ? none : after(text, key);
        at = text.find_first_not_of(" \t\r\n:", past);
        if (at == none || text.substr(key + 1, past - key - 2) == name) {
            return at;
        }
        at = after(text, at);
    }
}

// The JSON string at a place. Answers whether there is one.
inline bool string(const std::string &text, std::size_t at, std::string &out) {
    const std::size_t end = at == none || text[at] != '"' ? none : after(text, at);
    if (end == none) {
        return false;
    }
    const auto unit = [&](std::size_t from) -> unsigned long {
        const bool digits = text.find_first_not_of("0123456789abcdefABCDEF", from) >= from + 4;
        return digits ? std::strtoul(text.substr(from, 4).c_str(), nullptr, 16) : 0;
    };
    for (++at; at < end - 1; ++at) {
        if (text[at] != '\\') {
            out += text[at];
            continue;
        }
        static const char escapes[] = "bfnrt\"\\/", meant[] = "\b\f\n\r\t\"\\/";
        if (text[++at] != 'u') {
            const char *found = std::strchr(escapes, text[at]);
            if (found == nullptr) {
                return false;
            }
            out += meant[found - escapes];
            continue;
        }
        unsigned long code = unit(at + 1);
        at += 4;
        if (code >= 0xD800 && code < 0xDC00) {
            const unsigned long low = text.compare(at + 1, 2, "\\u") == 0 ? unit(at + 3) : 0;
            code = low < 0xDC00 || low > 0xDFFF ? 0 : 0x10000 + ((code - 0xD800) << 10) + low - 0xDC00;
            at += 6;
        }
        // A zero byte would end the text, and half of a pair is no character.
        if (code == 0 || (code >= 0xD800 && code <= 0xDFFF)) {
            return false;
        }
        int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        static const unsigned long first[] = {0x00, 0xC0, 0xE0, 0xF0};
        out += static_cast<char>(first[more] | code >> 6 * more);
        while (more-- > 0) {
            out += static_cast<char>(0x80 | (code >> 6 * more & 0x3F));
        }
    }
    return true;
}

inline std::string read(const std::string &name) {
    if (setting("VAULT_ADDR", "").empty()) {
        fail(name, "VAULT_ADDR is not set");
    }
    const bool versions = setting("KEYLIFT_VAULT_KV", "@KEYLIFT_KV@") != "1";
    const std::string path = setting("KEYLIFT_VAULT_MOUNT", "@KEYLIFT_MOUNT@") + (versions ? "/data/" : "/") +
                             setting("KEYLIFT_VAULT_PREFIX", "@KEYLIFT_PREFIX@") + "/" + name;
    const std::string body = run(name, R"(token=${VAULT_TOKEN:-}
if [ -z "$token" ]; then token=$(cat "$HOME/.vault-token") || exit; fi
{
  printf 'X-Vault-Token: %s\nX-Vault-Request: true\n' "$token"
  if [ -n "${VAULT_NAMESPACE:-}" ]; then printf 'X-Vault-Namespace: %s\n' "$VAULT_NAMESPACE"; fi
} | curl --silent --show-error --fail --max-time 30 --header @- ${VAULT_CACERT:+--cacert "$VAULT_CACERT"} \
  "${VAULT_ADDR%/}/v1/)" + encoded(path) + "\"");
    const std::size_t data = member(body, 0, "data");
    std::string value;
    if (!string(body, member(body, versions ? member(body, data, "data") : data, "@KEYLIFT_FIELD@"), value)) {
        fail(name, "the answer has no text in the field @KEYLIFT_FIELD@");
    }
    return value;
}

} // namespace detail

// The secret of that name, as text. It stays where it is as long as the program runs.
inline const char *secret(const std::string &name) {
    static std::mutex lock;
    static std::map<std::string, std::string> &known = *new std::map<std::string, std::string>;
    const std::lock_guard<std::mutex> locked(lock);
    auto found = known.find(name);
    if (found == known.end()) {
        found = known.emplace(name, detail::read(name)).first;
    }
    return found->second.c_str();
}

} // namespace keylift

#endif
