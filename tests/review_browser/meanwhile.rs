//! Two reviewers on one case: both answers are kept, and someone settles it.

use crate::desk::Desk;
use crate::driver::Browser;
use crate::hands::ENTER;

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn two_reviewers_on_one_case_see_the_conflict_and_both_answers_are_kept() {
    let desk = Desk::with_demo(6);
    let server = desk.serve();
    let ada = Browser::of("Ada", &server.address);
    let case = ada.case();
    let ben = Browser::of("Ben", &server.address);
    assert_ne!(ben.case(), case, "a case that Ada has open is not handed to Ben");

    // Ben opens it all the same, by its link.
    ben.view_named(&format!("case/{case}"));
    ben.until_says(".case-id", &case);
    ben.settle();
    assert!(ben.text(".notice.warn").contains("Ada has this case open"));

    ada.press('1');
    let adas = ada.ticks();
    ada.press(ENTER);
    ada.settle();
    ben.press('2');
    let bens = ben.ticks();
    assert_ne!(adas, bens);
    ben.press(ENTER);
    ben.until_says(".outdated h2", "Decided meanwhile");
    let titles = ben.texts(".comparison thead th");
    assert!(
        titles[1].starts_with("Mine")
            && titles[2].starts_with("Ada")
            && titles[3].starts_with("Model"),
        "{titles:?}"
    );
    ben.shoot("decided-meanwhile");
    assert_eq!(desk.rows().len(), 1, "nothing is saved before Ben has chosen");
    ben.click("#save-mine", 1);
    ben.until("the next case", "return document.querySelector('.card')");
    ben.settle();

    let rows: Vec<_> =
        desk.rows().into_iter().map(|row| (row.case, row.reviewer, row.trends)).collect();
    let both = [(case.clone(), "Ada".to_owned(), adas), (case.clone(), "Ben".to_owned(), bens)];
    assert_eq!(rows, both);

    // Ada settles it in the view of conflicts, which shows who said what.
    ada.view_named("conflicts");
    ada.until_says(".case-id", &case);
    ada.settle();
    let titles = ada.texts(".who-said-what thead th").join(" ");
    assert!(
        titles.contains("Ada") && titles.contains("Ben") && titles.contains("Model"),
        "{titles}"
    );
    assert_eq!(ada.count(".who-said-what .differs"), 2);
    ada.shoot("adjudication");
    if ada.ticks().is_empty() {
        ada.press('1');
    }
    let settled = ada.ticks();
    ada.press(ENTER);
    ada.until_says(".message h2", "Nothing waits");
    let [row] = &desk.rows_of("adjudication")[..] else { panic!("one adjudication") };
    assert_eq!((&row.case, &row.trends), (&case, &settled));
    assert_eq!(desk.rows_of("answer").len(), 2, "both answers are still there");
    let queues = server.get("/api/queues?reviewer=Ada");
    assert_eq!(
        (&queues["progress"]["conflicts"], &queues["progress"]["decided"]),
        (&0.into(), &1.into())
    );
}
