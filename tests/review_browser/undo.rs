//! Undo after an answer, a skip, a bulk action and a reload.

use crate::desk::Desk;
use crate::driver::Browser;

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn an_answer_a_skip_and_a_bulk_can_be_taken_back_also_after_a_reload() {
    let desk = Desk::with_demo(15);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    let standing = || {
        desk.number("SELECT count(*) FROM decisions d WHERE kind <> 'undo' AND NOT EXISTS (SELECT 1 FROM decisions u WHERE u.undoes = d.number)")
    };

    // An answer: the case comes back as it was ticked.
    browser.press('1');
    browser.press('5');
    let (case, ticks) = (browser.case(), browser.ticks());
    browser.answer();
    browser.go_on('u');
    assert_eq!((browser.case(), browser.ticks()), (case.clone(), ticks.clone()));
    assert_eq!((standing(), desk.rows_of("undo").len()), (0, 1));

    // A skip.
    browser.go_on('s');
    browser.go_on('u');
    assert_eq!((browser.case(), standing()), (case.clone(), 0));

    // After a reload of the page, by key and by the button of the last ten decisions.
    browser.answer();
    browser.reload();
    browser.settle();
    assert_ne!(browser.case(), case);
    browser.go_on('u');
    assert_eq!((browser.case(), standing()), (case.clone(), 0));
    browser.answer();
    browser.reload();
    browser.settle();
    browser.click(".history li:not(.undone) button", 1);
    browser.until_says(".case-id", &case);
    browser.settle();
    assert_eq!(standing(), 0);
    assert_eq!(browser.texts(".history li.undone").len(), 4);

    // A bulk action of the list is undone as one step, and a large one only after a
    // confirmation.
    browser.view_named("list");
    browser.until("the list", "return document.querySelector('.cases')");
    browser.js("document.querySelectorAll('.cases tbody input').forEach((box) => box.click())");
    let chosen = browser.count(".cases tbody input:checked");
    assert!(chosen > 10, "{chosen}");
    browser.shoot("list");
    browser.click("#bulk", 1);
    browser.until_says("#ask[open]", "should be read");
    browser.click("#ask button:not(.primary)", 1);
    browser.until_says("#told", &format!("{chosen} suggestions accepted"));
    browser.settle();
    assert_eq!(standing(), i64::try_from(chosen).unwrap());
    browser.reload();
    browser.settle();
    browser.until("the list", "return document.querySelector('.cases')");
    browser.press('u');
    browser.until_says("#ask[open]", &format!("Undo {chosen} answers?"));
    browser.shoot("undo-asks");
    browser.press('\u{e00c}');
    browser.settle();
    assert_eq!(standing(), i64::try_from(chosen).unwrap(), "closing the question keeps them");
    browser.press('u');
    browser.until_says("#ask[open]", "Undo");
    browser.click("#ask .primary", 1);
    browser.until_says("#told", &format!("Undone: {chosen} answers"));
    assert_eq!(standing(), 0);

    // Eventually there is nothing left to undo.
    browser.press('u');
    browser.until_says("#told", "nothing to undo");
    assert_eq!(standing(), 0);
}
