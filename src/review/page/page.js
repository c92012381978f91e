// Script of the review page.
