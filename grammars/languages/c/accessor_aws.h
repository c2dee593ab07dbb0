/*
 * Secrets from AWS Secrets Manager, each read once by a source file that includes this.
 *
 * Made by keylift. Nothing has to be linked: this runs the AWS command line interface (`aws`) in a POSIX shell; region and
 * credentials come from its own chain. The program ends where a secret cannot be read: there is no default.
 */
#ifndef KEYLIFT_SECRETS_H
#define KEYLIFT_SECRETS_H

#ifdef _WIN32
#error "This runs aws in a POSIX shell: use the lookup env for programs of Windows"
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

/* Adds a text in single quotes of a shell at a place of another. */
static char *keylift_quoted(char *to, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            memcpy(to, "'\\''", 4);
            to += 4;
        } else {
            *to++ = *text;
        }
    }
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
    /* `aws` adds a line break of its own. A text with a zero byte is none that C can hold. */
    if (length < 3 || strlen(text) != length || strcmp(text + length - 3, "\n\n0") != 0) {
        keylift_fail(name, "aws gave no answer");
    }
    text[length - 3] = '\0';
    return text;
}

static char *keylift_read(const char *name)
{
    /* Version 1 of `aws` does not know the variable AWS_REGION. */
    static const char before[] =
        "AWS_PAGER='' PYTHONIOENCODING=UTF-8 PYTHONUTF8=1 aws secretsmanager get-secret-value --query SecretString"
        " --output text ${AWS_REGION:+--region \"$AWS_REGION\"} </dev/null --secret-id '";
    static const char after[] = "'\nprintf '\\n%s' \"$?\"\n";
    const char *prefix = getenv("KEYLIFT_AWS_PREFIX");
    char *command, *to, *value;
    if (prefix == NULL) {
        prefix = "@KEYLIFT_PREFIX@";
    }
    command = (char *)malloc(sizeof before + sizeof after + 4 * (strlen(prefix) + strlen(name)));
    if (command == NULL) {
        keylift_fail(name, "no memory is left");
    }
    memcpy(command, before, sizeof before);
    to = keylift_quoted(command + sizeof before - 1, prefix);
    to = keylift_quoted(to, name);
    memcpy(to, after, sizeof after);
    value = keylift_run(name, command);
    /* A secret without text, which `aws` writes so, is binary. */
    if (value[0] == '\0' || strcmp(value, "None") == 0) {
        keylift_fail(name, "it has no text");
    }
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
