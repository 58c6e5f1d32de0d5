/* Amounts and dates as they are printed. */
#include "document/values.h"

#include "test.h"

static long long mils(const char *text) {
    struct plait__amount amount;
    return plait__read_amount(text, strlen(text), &amount) ? (long long)amount.mils : -1;
}

static int day(const char *text, bool day_first) {
    struct plait__date date;
    if (!plait__read_date(text, strlen(text), 0, day_first, &date)) return 0;
    return date.year * 10000 + date.month * 100 + date.day;
}

TEST(amounts) {
    CHECK_INT(mils("9.00"), 9000);
    CHECK_INT(mils("RM1,234.50"), 1234500);
    CHECK_INT(mils("1.234,50"), 1234500);
    CHECK_INT(mils("$8.2"), 8200);
    CHECK_INT(mils(".65"), 650);
    CHECK_INT(mils("11.40S"), 11400);
    CHECK_INT(mils("2,000"), 2000000);
    CHECK_INT(mils("9.000"), 9000);
    CHECK_INT(mils("7"), 7000);
}

TEST(negative_amounts) {
    struct plait__amount amount;
    CHECK(plait__read_amount("-0.03", 5, &amount));
    CHECK_INT(amount.mils, -30);
    CHECK(plait__read_amount("(3.20)", 6, &amount));
    CHECK_INT(amount.mils, -3200);
    CHECK(plait__read_amount("81.20-", 6, &amount));
    CHECK_INT(amount.mils, -81200);
    CHECK(plait__read_amount("-RM5.00", 7, &amount));
    CHECK_INT(amount.mils, -5000);
}

TEST(no_amounts) {
    CHECK_INT(mils(""), -1);
    CHECK_INT(mils("TOTAL"), -1);
    CHECK_INT(mils("6%"), -1);
    CHECK_INT(mils("10:43AM"), -1);
    CHECK_INT(mils("19/03/18"), -1);
    CHECK_INT(mils("1.23.45"), -1);
    CHECK_INT(mils("12345678901234"), -1); /* more digits than any amount has */
}

TEST(letters_like_digits) {
    struct plait__amount amount;
    CHECK(plait__read_amount("1O.5O", 5, &amount));
    CHECK_INT(amount.mils, 10500);
    CHECK_INT(amount.repaired, 2);
    CHECK_INT(mils("OIL"), -1);
    CHECK_INT(day("2S/12/2O18", true), 20181225);
}

TEST(dates) {
    CHECK_INT(day("25/12/2018 8:13:39 PM", true), 20181225);
    CHECK_INT(day("18/03/18", true), 20180318);
    CHECK_INT(day("2018-03-23", true), 20180323);
    CHECK_INT(day("20180304", true), 20180304);
    CHECK_INT(day("25032018", true), 20180325);
    CHECK_INT(day("05 MAR 2018", true), 20180305);
    CHECK_INT(day("24Mar18", true), 20180324);
    CHECK_INT(day("MAR 4, 2018", true), 20180304);
    CHECK_INT(day("05-JAN-'17", true), 20170105);
    CHECK_INT(day("DATE:1.2.2018", true), 20180201);
    CHECK_INT(day("25/12/201813:39", true), 20181225);
    CHECK_INT(day("29/02/2016", true), 20160229);
}

TEST(no_dates) {
    CHECK_INT(day("", true), 0);
    CHECK_INT(day("40/40/40", true), 0);
    CHECK_INT(day("29/02/2017", true), 0);
    CHECK_INT(day("03-7731 8169", true), 0);
    CHECK_INT(day("1 2 18", true), 0);
    CHECK_INT(day("MARKET 12", true), 0);
}

TEST(two_readings) {
    struct plait__date date;
    CHECK_INT(day("03/04/2018", true), 20180403);
    CHECK_INT(day("03/04/2018", false), 20180304);
    CHECK_INT(day("12/28/2017", true), 20171228); /* only one reading is possible */
    CHECK(plait__read_date("03/04/2018", 10, 0, true, &date));
    CHECK_INT(date.other_month, 3);
    CHECK_INT(date.other_day, 4);
    CHECK(!date.ordered);
    CHECK(plait__read_date("13/04/2018", 10, 0, false, &date));
    CHECK(date.ordered && date.day_was_first);
    CHECK_INT(date.other_day, 0);
}

TEST_MAIN(amounts, negative_amounts, no_amounts, letters_like_digits, dates, no_dates, two_readings)
