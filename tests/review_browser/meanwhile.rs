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

    // Ben opens it anyway, by its link.
    ben.view_named(&format!("case/{case}"));
    ben.until_says(".case-id", &case);
    ben.settle();
    assert!(ben.text(".notice.warn").contains("Ada is working on this case"));

    ada.press('1');
    let adas = ada.ticks();
    ada.press(ENTER);
    ada.settle();
    ben.press('2');
    let bens = ben.ticks();
    assert_ne!(adas, bens);
    ben.press(ENTER);
    ben.until_says(".outdated h2", "Reviewer Ada answered this case");
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
    assert_eq!(rows, both.clone());

    // Ada settles it in the view of conflicts, which shows all answers.
    ada.view_named("conflicts");
    ada.until_says(".case-id", &case);
    ada.settle();
    ada.js("document.querySelector('.who-said-what details').open = true");
    let titles = ada.texts(".who-said-what thead th").join(" ");
    assert!(
        titles.contains("Ada") && titles.contains("Ben") && titles.contains("Model"),
        "{titles}"
    );
    assert_eq!(ada.count(".who-said-what .differs"), 2);
    ada.shoot("adjudication");

    // Only what is contested is asked, and Enter waits for all of it.
    assert_eq!(ada.count(".contested .trend"), 2);
    let contested = ada.text(".contested .trend.focused .name");
    assert!(contested.contains(&ada.texts(".contested .name")[0]), "the first is in focus");
    ada.press(ENTER);
    ada.until_says(".said-here", "yes or no for each contested trend");
    ada.press('1');
    ada.press(ENTER);
    ada.until_says("#accept", "1 trend to settle");
    assert_eq!(desk.rows_of("adjudication"), []);
    ada.write("22");
    let inside = "const r = document.querySelector('#accept').getBoundingClientRect(); \
        return r.top >= 0 && r.bottom <= innerHeight";
    assert_eq!(ada.js(inside), true, "the button is in view");
    let yes = ada.ticks();
    assert_eq!(yes.len(), 1);
    ada.press(ENTER);
    ada.until_says(".message h2", "No conflicts");
    let [row] = &desk.rows_of("adjudication")[..] else { panic!("one adjudication") };
    assert_eq!(row.case, case);
    let (first, agreed) = (&both[0].2, |key: &&String| both.iter().all(|(.., t)| t.contains(*key)));
    let mut settled: Vec<&String> = first.iter().filter(agreed).chain(&yes).collect();
    settled.sort_unstable();
    let mut saved: Vec<&String> = row.trends.iter().collect();
    saved.sort_unstable();
    assert_eq!(saved, settled, "what all agree on, and what was said yes to");
    assert_eq!(desk.rows_of("answer").len(), 2, "both answers are still there");
    let queues = server.get("/api/queues?reviewer=Ada");
    assert_eq!(
        (&queues["progress"]["conflicts"], &queues["progress"]["decided"]),
        (&0.into(), &1.into())
    );
}
