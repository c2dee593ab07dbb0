// Secrets from AWS Secrets Manager, each read once.
//
// Made by keylift, for C++11 and later. Nothing has to be linked: this runs the AWS command line interface (`aws`) in a POSIX
// shell; region and credentials come from its own chain. The program ends where a secret cannot be read: there is no
// default.
#ifndef KEYLIFT_SECRETS_HPP
#define KEYLIFT_SECRETS_HPP

#ifdef _WIN32
#error "This runs aws in a POSIX shell: use the lookup env for programs of Windows"
#endif

#include <cstdio>
#include <cstdlib>
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

// A text in single quotes of a shell.
inline std::string quoted(const std::string &text) {
    std::string out = "'";
    for (char sign : text) {
        sign == '\'' ? out += "'\\''" : out += sign;
    }
    return out + "'";
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
    // `aws` adds a line break of its own. A text with a zero byte is none that a C string can hold.
    if (text.size() < 3 || text.compare(text.size() - 3, 3, "\n\n0") != 0 || text.find('\0') != std::string::npos) {
        fail(name, "aws gave no answer");
    }
    return text.erase(text.size() - 3);
}

inline std::string read(const std::string &name) {
    const char *prefix = std::getenv("KEYLIFT_AWS_PREFIX");
    const std::string id = (prefix == nullptr ? "@KEYLIFT_PREFIX@" : prefix) + name;
    // Version 1 of `aws` does not know the variable AWS_REGION.
    const std::string value = run(
        name, "AWS_PAGER='' PYTHONIOENCODING=UTF-8 PYTHONUTF8=1 aws secretsmanager get-secret-value --query SecretString"
              " --output text ${AWS_REGION:+--region \"$AWS_REGION\"} </dev/null --secret-id " + quoted(id));
    // A secret without text, which `aws` writes so, is binary.
    if (value.empty() || value == "None") {
        fail(name, "it has no text");
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
