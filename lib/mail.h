/*
 * mail: a message as RFC 5322 has it, and its way to the mail server (libcurl).
 *
 * A message is text, or text beside a document of HTML that says the same
 * (multipart/alternative, RFC 2046) with the pictures it shows (multipart/related, RFC 2387).
 * It is put together here and not by libcurl's MIME API, which can send a message but not write
 * one into a file.
 *
 * VENDAS_MAIL_URL says where to: smtp://HOST:PORT or smtps://HOST:PORT; or file:///FOLDER,
 * taken as it stands, where each message becomes a file ID.eml. TLS 1.2 or later with a
 * certificate that is valid for the host is demanded of every host but this one (localhost,
 * 127.0.0.0/8,
 * ::1), to which smtp:// goes in clear, a password as well.
 */
#ifndef VENDAS_MAIL_H
#define VENDAS_MAIL_H

#include <time.h>

#include "arena.h"

/* A PNG that a document shows as src="cid:CID" (RFC 2392). */
struct mail_picture {
    const char *name; /* of the file that it would be */
    const char *cid;
    const char *png;
    size_t n; /* bytes */
};

struct mail {
    const char *id; /* a UUID; equal for copies of one message (Message-ID) */
    time_t date;    /* when it was written */
    const char *to; /* an address alone, in ASCII */
    const char *subject;
    const char *body; /* lines end in \n */
    const char *html; /* a whole document; NULL: there is only text */
    const struct mail_picture *pictures;
    size_t picture_count;
    const char *unsubscribe; /* address that ends such mail when it is posted to (RFC 8058), or
                                NULL */
};

enum mail_outcome {
    MAIL_SENT,    /* the server has taken it, or the file is on disk */
    MAIL_REFUSED, /* the address is refused for good: RCPT was answered by 5xx (RFC 5321 section
                     4.2.1), or it is none that a message can be sent to */
    MAIL_LATER,   /* not this time; others may well be taken */
    MAIL_AWAY,    /* no server, no TLS, or it does not let us in: so it is for all */
};

struct mail_result {
    enum mail_outcome outcome;
    const char *reason; /* "RCPT 550", or libcurl's own words; never the server's, which may
                           hold the address. NULL when it was sent */
};

struct mailer;

/* A mailer as the settings have it, whose connection stays open from one message to the next.
 * NULL after a line on stderr that says what is wrong with the settings. curl_global_init()
 * must have been called. Free with mailer_free(). */
struct mailer *mailer_new(void);
void mailer_free(struct mailer *m);

/* Sends a message; returns after a minute at the latest (MAIL_SECONDS). */
enum { MAIL_SECONDS = 60 };
struct mail_result mail_send(struct arena *a, struct mailer *m, const struct mail *mail);

/* The message itself, lines ending in CRLF: its parts in base64, so that no server has to know
 * more than ASCII and short lines, a subject of encoded words (RFC 2047) unless it is short and
 * all letters, digits and blanks, Auto-Submitted (RFC 3834). NULL when an address, or a
 * picture's name, is none that can stand in a header. Whatever the texts hold, they can't begin
 * a header of their own. */
char *mail_message(struct arena *a, const struct mail *mail);

#endif
