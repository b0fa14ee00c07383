//! The shapes of `tests/real`: picotuf in its four ways of reading, and python-tuf beside it.

use picotuf_tests::host::Client;

use crate::case::Case;
use crate::differences::rows;
use crate::python_tuf::{PythonTuf, Question, Verdict};
use crate::shapes::{CONTENT, Shape, all};

#[test]
fn picotuf_reads_them_in_every_way() {
    for shape in all() {
        let Shape { name, repository, target, .. } = &shape;
        let mut client = Client::new(repository);
        let found = client.find(repository, &[target]);
        match shape.picotuf {
            Verdict::Ok => {
                let found = found.unwrap_or_else(|failure| panic!("{name}: {failure:?}")).found;
                let length = found[0].as_ref().map(|found| found.length);
                assert_eq!(length, Some(CONTENT.len() as u64), "{name}");
            }
            _ => assert_eq!(Some(found.unwrap_err().error.code()), shape.code, "{name}"),
        }
    }
}

#[test]
fn both_clients_say_of_them_what_is_said() {
    let shapes = all();
    for shape in &shapes {
        let row = shape.row.map(|id| rows().into_iter().find(|row| row.id == id).unwrap());
        let said = row.map(|row| (row.picotuf, row.python_tuf));
        let differs =
            (shape.picotuf != shape.python_tuf).then_some((shape.picotuf, shape.python_tuf));
        assert_eq!(said, differs, "{}", shape.name);
    }
    let Some(python) = PythonTuf::find("the shapes of repositories in production") else { return };
    let folder = tempfile::tempdir().unwrap();
    let cases: Vec<Case> = shapes
        .iter()
        .map(|shape| Case::new(shape.name, &shape.repository).asking(shape.target))
        .collect();
    let questions: Vec<Question> = cases
        .iter()
        .enumerate()
        .map(|(number, case)| case.write(&folder.path().join(number.to_string())))
        .collect();
    for ((shape, case), (python_tuf, error)) in
        shapes.iter().zip(&cases).zip(python.judge(&questions))
    {
        assert_eq!(python_tuf, shape.python_tuf, "{}: {error}", shape.name);
        let (picotuf, said) = case.ask_picotuf();
        assert_eq!(picotuf, shape.picotuf, "{}: {said}", shape.name);
    }
}
