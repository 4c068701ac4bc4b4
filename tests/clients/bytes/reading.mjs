// Some write there what fails.
console.error = () => {}

