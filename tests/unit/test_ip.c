#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "ip.h"

static bool is_private(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return ip_is_private((struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return ip_is_private((struct sockaddr *)&v6);
}

static void test_what_is_not_on_the_internet_is_private(void **state)
{
    (void)state;
    static const char *const PRIVATE[] = {
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "2002:a00:1::",
        "2001::1",
        "ff02::1",
    };
    for (size_t i = 0; i < LENGTH(PRIVATE); i++)
        if (!is_private(PRIVATE[i]))
            fail_msg("%s", PRIVATE[i]);
}

static void test_what_is_on_the_internet_is_not(void **state)
{
    (void)state;
    static const char *const PUBLIC[] = {
        "8.8.8.8",     "172.15.255.255", "172.32.0.1",      "192.167.255.255", "11.0.0.1",
        "200.160.2.3", "2001:12ff::10",  "2606:4700::1111", "::ffff:8.8.8.8",
    };
    for (size_t i = 0; i < LENGTH(PUBLIC); i++)
        if (is_private(PUBLIC[i]))
            fail_msg("%s", PUBLIC[i]);
}

static void test_another_family_is_private(void **state)
{
    (void)state;
    struct sockaddr other = {.sa_family = AF_UNIX};
    assert_true(ip_is_private(&other));
}

static void test_this_host_is_known_by_its_name_and_in_figures(void **state)
{
    (void)state;
    static const char *const HERE[] = {"localhost", "LocalHost", "127.0.0.1", "127.9.9.9",
                                       "[::1]"};
    static const char *const ELSEWHERE[] = {"",          "10.0.0.1",    "localhost.example",
                                            "127.0.0.1.example", "128.0.0.1", "::1", "[::2]"};
    for (size_t i = 0; i < LENGTH(HERE); i++)
        assert_true(ip_is_this_host(HERE[i]));
    for (size_t i = 0; i < LENGTH(ELSEWHERE); i++)
        assert_false(ip_is_this_host(ELSEWHERE[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_on_the_internet_is_private),
        cmocka_unit_test(test_what_is_on_the_internet_is_not),
        cmocka_unit_test(test_another_family_is_private),
        cmocka_unit_test(test_this_host_is_known_by_its_name_and_in_figures),
    };
    return UNIT_RUN(tests);
}
